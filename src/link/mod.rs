//! Whole links: frames and channel coding from one set of managed parameters.
