//! A whole node as one machine: agent, adapters, links.
