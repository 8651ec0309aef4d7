//! Space Packets and Encapsulation Packets.
