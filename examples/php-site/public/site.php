<?php
// What every page of the site needs: its members, and who of them is signed in. A real site has a database here.

declare(strict_types=1);

const MEMBERS = ['ada' => 'Ada Byron', 'grace' => 'Grace Hopper', 'linus' => 'Linus T.'];
const PASSWORD = 'open sesame';

session_set_cookie_params(['httponly' => true, 'samesite' => 'Lax']);
session_start();

/** The id of whoever is signed in, or null. */
function current_member(): ?string
{
    return $_SESSION['member'] ?? null;
}

function h(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES);
}

/** Every page says what it may load: its own files, and the chat. */
function send_policy(): void
{
    $chat = getenv('NEXTIM_URL');
    $socket = preg_replace('/^http/', 'ws', $chat);
    header("Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self' $chat; form-action 'self'; "
        . "script-src 'self' $chat; connect-src 'self' $chat $socket; require-trusted-types-for 'script'; trusted-types nextim");
}
