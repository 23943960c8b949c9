//! Tests of the parts: the store contract, who is here and who hears what, the house rules, crashes.

mod contract;
mod crash;
mod live;
mod model;
mod tidy;
