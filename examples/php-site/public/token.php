<?php
// Where the chat asks who is signed in. The answer is a token for ten minutes; the chat comes again when it needs another.

declare(strict_types=1);

require __DIR__ . '/site.php';

header('Content-Type: application/json');
header('Cache-Control: no-store');

$id = current_member();
if ($id === null) {
    http_response_code(401);
    exit('{}');
}

$base64url = fn (string $text): string => rtrim(strtr(base64_encode($text), '+/', '-_'), '=');
$claims = ['iss' => getenv('SITE'), 'sub' => $id, 'name' => MEMBERS[$id], 'iat' => time(), 'exp' => time() + 600];
$token = $base64url('{"alg":"HS256","typ":"JWT"}') . '.' . $base64url(json_encode($claims, JSON_THROW_ON_ERROR));
$token .= '.' . $base64url(hash_hmac('sha256', $token, getenv('TOKEN_SECRET'), true));

echo json_encode(['token' => $token]);
