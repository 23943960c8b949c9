//! Tests of the parts: the store contract, who is here and who hears what, the house rules, crashes, restarts, damage.

mod contract;
mod crash;
mod live;
mod loadtest;
mod model;
mod restart;
mod safety;
mod tidy;
