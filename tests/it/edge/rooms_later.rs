//! Rooms, invitations and events of the later clients, call by call.
