<?php
// The bottom of every page, with the chat for whoever is signed in.
?>
</main>
<footer>Assembled by hand since 1952.</footer>
<?php if (current_member() !== null) : ?>
  <script async src="<?= h(getenv('NEXTIM_URL')) ?>/nextim.js" data-site="<?= h(getenv('PUBLIC_KEY')) ?>" data-token-url="/token.php"></script>
  <script defer src="/site.js"></script>
<?php endif ?>
</body>
</html>
