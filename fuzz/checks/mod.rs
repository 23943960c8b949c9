//! What is fuzzed, as functions of bytes. The fuzz targets call them, and a test runs every committed seed through the same
//! functions, so that neither can rot unseen.

pub mod one_call;
