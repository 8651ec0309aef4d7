//! Tests of the bundle agent and of the stores it works on, one file per behaviour.

mod agent;
mod common;
mod crash;
mod disk;
mod stores;
