//! Tests of the bundle agent and of the stores it works on, one file per behaviour.

mod agent;
mod classes;
mod common;
mod crash;
mod damage;
mod disk;
mod figures;
mod forged;
mod fragments;
mod green;
mod homes;
mod host;
mod hostile;
mod late;
mod link;
mod overload;
mod recorder;
mod reports;
mod security;
mod spans;
mod stores;
