<?php
// Signs with what PHP itself has, as a site without libraries does. Reads a JSON list of {claims, key, algorithm, kid}, prints a
// JSON list of tokens. `key` is a secret for HS256, a private key in PEM for RS256, a seed in base64 for EdDSA.

function signature(string $message, string $key, string $algorithm): string
{
    switch ($algorithm) {
        case 'HS256':
            return hash_hmac('sha256', $message, $key, true);
        case 'RS256':
            openssl_sign($message, $signature, $key, OPENSSL_ALGO_SHA256);
            return $signature;
        case 'EdDSA':
            $pair = sodium_crypto_sign_seed_keypair(base64_decode($key));
            return sodium_crypto_sign_detached($message, sodium_crypto_sign_secretkey($pair));
    }
    throw new InvalidArgumentException($algorithm);
}

$base64url = fn ($text) => rtrim(strtr(base64_encode($text), '+/', '-_'), '=');
$tokens = [];
foreach (json_decode(file_get_contents('php://stdin'), true, 16, JSON_THROW_ON_ERROR) as $wanted) {
    $header = ['alg' => $wanted['algorithm'], 'typ' => 'JWT', 'kid' => $wanted['kid']];
    $message = $base64url(json_encode($header)) . '.' . $base64url(json_encode($wanted['claims']));
    $tokens[] = $message . '.' . $base64url(signature($message, $wanted['key'], $wanted['algorithm']));
}
echo json_encode($tokens), "\n";
