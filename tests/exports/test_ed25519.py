"""The verifier's own Ed25519, by the test vectors of RFC 8032, section 7.1, and beside the library that signs."""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.exports.verify_evidence import ORDER, PRIME, key_text, signature_is_good

# public key, message, signature
VECTORS = {
    "TEST 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "TEST 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        bytes.fromhex("72"),
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "TEST 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        bytes.fromhex("af82"),
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "TEST SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").digest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_of_the_standard_are_good_and_nothing_beside_them(name: str) -> None:
    key, message, signature = VECTORS[name]
    public, signed = bytes.fromhex(key), bytes.fromhex(signature)
    assert signature_is_good(public, message, signed)
    assert not signature_is_good(public, message + b"x", signed)
    for place in (0, 31, 32, 63):
        wrong = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
        assert not signature_is_good(public, message, wrong)
    assert not signature_is_good(public, message, signed[:63])
    assert not signature_is_good(public, message, signed + b"\0")
    assert not signature_is_good(public[:31], message, signed)


def test_scalar_beyond_the_order_is_refused() -> None:
    """The same signature with the order added to its second half is the same equation; the standard refuses it."""
    key, message, signature = VECTORS["TEST 2"]
    signed = bytes.fromhex(signature)
    scalar = int.from_bytes(signed[32:], "little") + ORDER
    assert not signature_is_good(bytes.fromhex(key), message, signed[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "key",
    [
        (1).to_bytes(32, "little"),  # the neutral element
        bytes(32),  # order 4
        (PRIME - 1).to_bytes(32, "little"),  # order 2
        (PRIME + 1).to_bytes(32, "little"),  # a y that is not below the prime
        (1 | 1 << 255).to_bytes(32, "little"),  # x = 0 with a sign
        (2).to_bytes(32, "little"),  # no point has this y
    ],
)
def test_keys_that_sign_anything_or_are_no_points_are_refused(key: bytes) -> None:
    for first in (key, (1).to_bytes(32, "little")):
        assert not signature_is_good(key, b"anything", first + bytes(32))


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200), flipped=st.integers(0, 511))
@settings(max_examples=30, deadline=None)
def test_agrees_with_the_library_that_signs(seed: bytes, message: bytes, flipped: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signed = key.public_key().public_bytes_raw(), key.sign(message)
    assert signature_is_good(public, message, signed)
    wrong = bytearray(signed)
    wrong[flipped // 8] ^= 1 << flipped % 8
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(public).verify(bytes(wrong), message)
    assert not signature_is_good(public, message, bytes(wrong))


def test_key_file_is_what_other_programs_read() -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    text = key_text(key.public_bytes_raw())
    loaded = load_pem_public_key(text[text.index("-----") :].encode())
    assert isinstance(loaded, Ed25519PublicKey)
    assert loaded.public_bytes_raw() == key.public_bytes_raw()
