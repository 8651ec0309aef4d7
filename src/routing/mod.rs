//! Contact plans and routes through them.
