<?php
// The top of every page. $title is what the page is called.

send_policy();
$me = current_member();
?>
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title><?= h($title) ?> · The Compiler</title>
  <link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
  <a class="name" href="/">The Compiler</a>
  <nav>
    <?php if ($me === null) : ?>
      <a href="/login.php">Sign in</a>
    <?php else : ?>
      <span><?= h(MEMBERS[$me]) ?></span>
      <form action="/logout.php" method="post" id="sign-out"><button>Sign out</button></form>
    <?php endif ?>
  </nav>
</header>
<main>
