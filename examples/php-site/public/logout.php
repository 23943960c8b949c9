<?php
// Signing out: the next page has no script tag, and token.php says 401. site.js has told the chat, for all tabs.

declare(strict_types=1);

require __DIR__ . '/site.php';

if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $_SESSION = [];
    session_destroy();
}
header('Location: /', true, 303);
