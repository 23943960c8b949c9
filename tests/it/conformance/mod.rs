//! The contract with the released clients, row by row: for each a request as that client sends it, and the answer that it
//! needs. Tests are named after the part and the row.

mod generations;
