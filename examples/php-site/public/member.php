<?php
// The page of one member. Whoever is on it can be reached from the chat's list, friend or not.

declare(strict_types=1);

require __DIR__ . '/site.php';

$id = $_GET['id'] ?? '';
if (!is_string($id) || !isset(MEMBERS[$id])) {
    http_response_code(404);
    exit('There is no such member.');
}
$title = MEMBERS[$id];
require __DIR__ . '/header.php';
?>
  <article data-nextim-stranger="<?= h($id) ?>">
    <h2><?= h(MEMBERS[$id]) ?></h2>
    <p>Writes here now and then.</p>
  </article>
<?php
require __DIR__ . '/footer.php';
