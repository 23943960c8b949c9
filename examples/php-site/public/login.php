<?php
// Signing in. The session is all that the chat's token.php asks.

declare(strict_types=1);

require __DIR__ . '/site.php';

$wrong = false;
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $id = (string) ($_POST['member'] ?? '');
    if (isset(MEMBERS[$id]) && hash_equals(PASSWORD, (string) ($_POST['password'] ?? ''))) {
        session_regenerate_id(true);
        $_SESSION['member'] = $id;
        header('Location: /', true, 303);
        exit;
    }
    $wrong = true;
}
$title = 'Sign in';
require __DIR__ . '/header.php';
?>
  <form method="post" class="login">
    <h2>Sign in</h2>
    <?php if ($wrong) : ?><p role="alert">That is not right. Please try again.</p><?php endif ?>
    <label>Name <input name="member" autocomplete="username" required></label>
    <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
    <button>Sign in</button>
  </form>
<?php
require __DIR__ . '/footer.php';
