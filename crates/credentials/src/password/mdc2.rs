//! MDC-2 over DES (ISO/IEC 10118-2, hash function 2), which `OpenSSL` offers to PBKDF2 by name.
//!
//! Two DES ciphers run side by side; the key of each comes from what both made of the block before. The last block is
//! filled up with zeros, a whole one stays as it is.

use des::Des;
use des::cipher::{BlockCipherEncrypt, KeyInit};
use hmac::digest::block_api::{
    Block, BlockSizeUser, Buffer, BufferKindUser, Eager, FixedOutputCore, OutputSizeUser, Reset, UpdateCore,
};
use hmac::digest::typenum::{U8, U16};
use hmac::digest::{HashMarker, Output, buffer_fixed};
use zeroize::Zeroize;

buffer_fixed!(
    /// MDC-2, in the form that HMAC is built on.
    pub(super) struct Mdc2(Core);
    impl: BaseFixedTraits Default Clone HashMarker Reset FixedOutputReset;
);

/// The keys of the two ciphers.
#[derive(Clone)]
pub(super) struct Core {
    left: [u8; 8],
    right: [u8; 8],
}

impl Core {
    fn compress(&mut self, block: Block<Self>) {
        self.left[0] = (self.left[0] & 0x9f) | 0x40;
        self.right[0] = (self.right[0] & 0x9f) | 0x20;
        let mut left = encrypted(self.left, block);
        let mut right = encrypted(self.right, block);
        left[4..].swap_with_slice(&mut right[4..]);
        (self.left, self.right) = (left, right);
    }
}

/// The block under this key, added to itself as it was.
fn encrypted(key: [u8; 8], block: Block<Core>) -> [u8; 8] {
    let mut out = block;
    Des::new(&key.into()).encrypt_block(&mut out);
    std::array::from_fn(|index| out[index] ^ block[index])
}

impl Default for Core {
    fn default() -> Self {
        Core { left: [0x52; 8], right: [0x25; 8] }
    }
}

impl Reset for Core {
    fn reset(&mut self) {
        *self = Core::default();
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.left.zeroize();
        self.right.zeroize();
    }
}

impl HashMarker for Core {}

impl BlockSizeUser for Core {
    type BlockSize = U8;
}

impl BufferKindUser for Core {
    type BufferKind = Eager;
}

impl OutputSizeUser for Core {
    type OutputSize = U16;
}

impl UpdateCore for Core {
    fn update_blocks(&mut self, blocks: &[Block<Self>]) {
        for block in blocks {
            self.compress(*block);
        }
    }
}

impl FixedOutputCore for Core {
    fn finalize_fixed_core(&mut self, buffer: &mut Buffer<Self>, out: &mut Output<Self>) {
        if buffer.get_pos() > 0 {
            self.compress(buffer.pad_with_zeros());
        }
        out[..8].copy_from_slice(&self.left);
        out[8..].copy_from_slice(&self.right);
    }
}
