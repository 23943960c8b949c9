-- A site's own tables on PostgreSQL, with ids that are texts: O'Neil has a quote in his. `greet` writes, whoever calls it.
CREATE TABLE people (id text PRIMARY KEY, full_name text NOT NULL, picture text, born date);
CREATE TABLE friendships (person text NOT NULL, friend text NOT NULL, label text, PRIMARY KEY (person, friend));
CREATE TABLE clubs (number int PRIMARY KEY, title varchar(80) NOT NULL);
CREATE TABLE seats (club int NOT NULL, person text NOT NULL);
CREATE TABLE greetings (person text NOT NULL);
CREATE FUNCTION greet(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO greetings VALUES ($1) RETURNING person $$;

INSERT INTO people VALUES ('susan', 'Susan', 'https://img.example.com/susan.png'), ('jack', 'Jack', NULL), ('o''neil', 'O''Neil', NULL),
  ('bad', 'Bad', 'javascript:alert(1)'), ('a,b', 'Comma', NULL);
INSERT INTO friendships VALUES ('susan', 'jack', 'Rowing'), ('jack', 'susan', NULL), ('susan', 'bad', NULL), ('bad', 'susan', NULL),
  ('susan', 'a,b', NULL), ('o''neil', 'jack', NULL), ('jack', 'o''neil', NULL);
INSERT INTO clubs VALUES (7, 'Harbour');
INSERT INTO seats VALUES (7, 'susan');
