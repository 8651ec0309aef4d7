//! Tests of the io layer, one file per behaviour.

mod channel;
mod ip_device;
mod simulation;
mod udp;
