//! Convergence-layer adapters: bundles over what lies below. No sockets.
