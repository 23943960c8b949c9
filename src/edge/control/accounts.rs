//! Orders about accounts. No answer has a password in it.

use super::order::Order;
use crate::actions::Context;
use crate::actions::manage_accounts;
use crate::chat::id::UserId;
use crate::chat::password::Password;
use crate::chat::refusal::Refusal;
use crate::edge::sign_in::token::is_guest;
use serde_json::{Value, json};

/// Carries one out.
pub(super) async fn answer(ctx: &Context, order: Order) -> Result<Value, Refusal> {
    Ok(match order {
        Order::AddAccount { site, user, name, password } => {
            let (id, password) = (member(&user)?, Password::given(&password.0));
            let site = manage_accounts::add_account(ctx, &site, &id, name, password).await?;
            json!({"site": &*site.name, "user": user, "accounts": site.options.accounts})
        }
        Order::SetPassword { site, user, password } => {
            manage_accounts::set_password(ctx, &site, &member(&user)?, Password::given(&password.0)).await?;
            json!({"site": site, "user": user, "changed": true})
        }
        Order::RemoveAccount { site, user } => {
            manage_accounts::remove_account(ctx, &site, &member(&user)?).await?;
            json!({"site": site, "user": user, "removed": true})
        }
        Order::ListAccounts { site } => {
            let (site, all) = manage_accounts::accounts(ctx, &site).await?;
            let all = all.into_iter().map(|(profile, changed_at_ms)| {
                json!({"user": profile.id.as_str(), "name": &*profile.nick, "changed_at_ms": changed_at_ms})
            });
            json!({"site": &*site.name, "accounts": site.options.accounts, "users": all.collect::<Vec<_>>()})
        }
        _ => return Err(Refusal::Internal),
    })
}

/// Visitors have no account.
fn member(user: &str) -> Result<UserId, Refusal> {
    let id = UserId::parse(user).map_err(|_| Refusal::BadParameter("id"))?;
    if is_guest(&id) { Err(Refusal::BadParameter("id")) } else { Ok(id) }
}
