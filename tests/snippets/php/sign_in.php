<?php
// Prints a sign-in token: `jwt USERID NAME` or `easy USERID`. What stands between the markers is shown in docs/sign-in.md.
// No library, so that it can be pasted into any site. PHP 7.4 or later.

$site = getenv('NEXTIM_SITE');
$token_secret = getenv('NEXTIM_TOKEN_SECRET');
$mode = $argv[1] ?? '';
$member = (object) ['id' => $argv[2] ?? '', 'name' => $argv[3] ?? ''];

if ($mode === 'jwt') {
    // snippet:begin jwt
    $base64url = fn ($text) => rtrim(strtr(base64_encode($text), '+/', '-_'), '=');
    $claims = ['iss' => $site, 'sub' => (string) $member->id, 'name' => $member->name, 'iat' => time(), 'exp' => time() + 600];
    $token = $base64url('{"alg":"HS256","typ":"JWT"}') . '.' . $base64url(json_encode($claims, JSON_THROW_ON_ERROR));
    $token .= '.' . $base64url(hash_hmac('sha256', $token, $token_secret, true));
    // snippet:end
} elseif ($mode === 'easy') {
    // snippet:begin easy
    $token = $member->id . '.' . hash_hmac('sha256', (string) $member->id, $token_secret);
    // snippet:end
} else {
    fwrite(STDERR, "usage: sign_in.php jwt USERID NAME | easy USERID\n");
    exit(2);
}
echo $token, "\n";
