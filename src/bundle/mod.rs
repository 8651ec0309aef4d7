//! Bundle Protocol version 7.
