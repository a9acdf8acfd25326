//! Every function on every engine, and the adapter under strain.
