//! Synchronization and channel coding: markers, randomizers, Reed-Solomon, and the chain that makes and reads CADUs.
