//! Tests of the parts: the store contract, the house rules, crashes.
