//! Deterministic CBOR heads, read strictly and written shortest.
