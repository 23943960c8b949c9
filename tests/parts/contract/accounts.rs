//! Accounts: a password's hash is kept as it was given, and sessions go with the password that they were opened by.

use super::Backend;
use super::owning::furnish;
use super::world::{NOW_MS, World, new_site, user, user_id};
use nextim::chat::id::{UserKey, UserNumber};
use nextim::chat::password::PasswordHash;
use nextim::chat::session::SessionNumber;

fn hash(text: &str) -> PasswordHash {
    PasswordHash::stored(text)
}

/// Whose sessions are stored, and which.
async fn sessions<B: Backend>(world: &World<B>) -> Vec<(UserKey, SessionNumber)> {
    let mut found: Vec<_> =
        world.store.load_sessions(NOW_MS).await.unwrap().iter().map(|one| (one.user, one.number)).collect();
    found.sort_unstable();
    found
}

/// Negative controls: let `add_account` replace; leave the site out of `account`; give every password the time that the clock says.
pub async fn an_account_is_made_once_and_kept<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let store = &world.store;
    let (ann, bob) = (world.key("ann").await, world.key("bob").await);
    assert!(store.add_account(ann, hash("first"), NOW_MS).await.unwrap());
    assert!(!store.add_account(ann, hash("second"), NOW_MS + 1).await.unwrap(), "she has one");
    let account = store.account(world.site, user_id("ann")).await.unwrap().expect("an account");
    assert_eq!((account.user, &account.id, account.changed_at_ms), (ann, &user_id("ann"), NOW_MS));
    assert!(account.hash == hash("first"));
    assert!(store.account(world.site, user_id("bob")).await.unwrap().is_none());
    let (other, _) = store.ensure_site(new_site("other", true)).await.unwrap();
    store.change_directory(other.number, vec![user("ann")]).await.unwrap();
    assert!(store.account(other.number, user_id("ann")).await.unwrap().is_none(), "another site's ann");
    // The clock was set back.
    let changed = store.set_password(ann, hash("third"), None, NOW_MS - 5).await.unwrap();
    assert_eq!(changed, Some(NOW_MS + 1), "no two passwords have one time");
    assert_eq!(store.set_password(bob, hash("x"), None, NOW_MS).await.unwrap(), None, "he has none");
    assert!(store.add_account(bob, hash("his"), NOW_MS).await.unwrap());
    let world = world.reopened().await;
    let account = world.store.account(world.site, user_id("ann")).await.unwrap().expect("an account");
    assert!(account.hash == hash("third") && account.changed_at_ms == NOW_MS + 1);
    let all = world.store.accounts_after(world.site, UserNumber(0), 10).await.unwrap();
    let all: Vec<(&str, u64)> = all.iter().map(|(profile, at_ms)| (profile.id.as_str(), *at_ms)).collect();
    assert_eq!(all, [("ann", NOW_MS + 1), ("bob", NOW_MS)]);
    assert_eq!(world.store.accounts_after(world.site, ann.user, 10).await.unwrap().len(), 1);
    assert_eq!(world.store.accounts_after(world.site, UserNumber(0), 1).await.unwrap().len(), 1);
    let mut after = 0;
    while let Some(through) = world.store.erase_user(ann, after).await.unwrap() {
        after = through;
    }
    assert!(world.store.account(world.site, user_id("ann")).await.unwrap().is_none(), "erased with its member");
    assert!(world.store.account(world.site, user_id("bob")).await.unwrap().is_some());
}

/// Negative controls: leave `forget_sessions` out, or `keep` out of it, or the user.
pub async fn sessions_go_with_the_password<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let (ann, bob) = (world.key("ann").await, world.key("bob").await);
    for (user, id, number) in [(ann, "ann", 7), (ann, "ann", 8), (bob, "bob", 9)] {
        furnish(&*world.store, user, id, number).await;
    }
    world.store.add_account(ann, hash("first"), NOW_MS).await.unwrap();
    assert_eq!(sessions(&world).await.len(), 3, "a new account ends nothing");
    world.store.set_password(ann, hash("second"), Some(SessionNumber(8)), NOW_MS).await.unwrap();
    assert_eq!(sessions(&world).await, [(ann, SessionNumber(8)), (bob, SessionNumber(9))]);
    world.store.set_password(bob, hash("x"), None, NOW_MS).await.unwrap();
    assert_eq!(sessions(&world).await.len(), 2, "who has no account has no password to change");
    let world = world.reopened().await;
    assert!(world.store.remove_account(ann).await.unwrap());
    assert!(!world.store.remove_account(ann).await.unwrap());
    assert_eq!(sessions(&world).await, [(bob, SessionNumber(9))]);
    assert!(world.store.account(world.site, user_id("ann")).await.unwrap().is_none());
    assert_eq!(world.key("ann").await, ann, "she is a member as before");
}
