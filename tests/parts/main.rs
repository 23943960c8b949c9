//! Tests of the parts: the store contract, who is here and who hears what, the house rules, crashes, damage and backups.

mod contract;
mod crash;
mod live;
mod safety;
mod tidy;
