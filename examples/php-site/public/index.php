<?php
// The first page: articles, each with a button to talk to whoever wrote it.

declare(strict_types=1);

require __DIR__ . '/site.php';

$articles = [
    ['ada', 'Note G, revisited', 'What the engine does when it is told to do the same thing thirteen times.'],
    ['grace', 'A moth in relay 70', 'It was taped into the log book, and the log book is still there.'],
    ['linus', 'Nothing big and professional', 'A small thing of mine that runs on exactly one machine so far.'],
];
$title = 'Articles';
require __DIR__ . '/header.php';
foreach ($articles as [$by, $headline, $text]) : ?>
  <article>
    <h2><?= h($headline) ?></h2>
    <p><?= h($text) ?></p>
    <p class="by">
      <a href="/member.php?id=<?= h($by) ?>"><?= h(MEMBERS[$by]) ?></a>
      <?php if (current_member() !== null && current_member() !== $by) : ?>
        <button data-nextim-chat="<?= h($by) ?>">Talk to <?= h(MEMBERS[$by]) ?></button>
      <?php endif ?>
    </p>
  </article>
<?php endforeach;
require __DIR__ . '/footer.php';
