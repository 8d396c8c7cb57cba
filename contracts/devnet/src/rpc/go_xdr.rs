//! The words in which the decoder of stellar-rpc refuses base64 XDR.

use crate::encoding::base64_bytes;
use soroban_env_host::xdr::{Limited, Limits, ReadXdr, ScVal};
use std::io::Cursor;

/// How deep a value may be.
const DEPTH: u32 = 500;

/// What is wrong with a text that should be the base64 XDR of one value; `None` if nothing is.
pub fn fault(text: &str) -> Option<String> {
    let whole = text.get(..text.len() / 4 * 4).unwrap_or_default();
    let Some(bytes) = base64_bytes(whole) else {
        return Some(short_type("illegal base64 data at input byte 0", &[]));
    };
    if bytes.len() < 4 {
        let cause = if text.is_empty() { "EOF" } else { "unexpected EOF" };
        return Some(short_type(cause, &bytes));
    }
    let limits = Limits {
        depth: DEPTH,
        len: bytes.len(),
    };
    let mut reader = Limited::new(Cursor::new(bytes.as_slice()), limits);
    if let Err(error) = ScVal::read_xdr(&mut reader) {
        return Some(format!("decoding ScVal: {error}"));
    }
    let consumed = usize::try_from(reader.inner.position()).unwrap_or(usize::MAX);
    let consumed = consumed.div_ceil(3).saturating_mul(4);
    (consumed != text.len()).then(|| {
        format!(
            "input not fully consumed. expected to read: {}, actual: {consumed}",
            text.len()
        )
    })
}

/// The text ended within the first number, the type of the value.
fn short_type(cause: &str, read: &[u8]) -> String {
    let read: Vec<String> = read.iter().map(u8::to_string).collect();
    format!(
        "decoding ScValType: decoding ScValType: xdr:DecodeInt: {cause} while decoding 4 bytes - read: '[{}]'",
        read.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_fine_and_what_is_none_is_told_in_the_decoders_words() {
        let short = "decoding ScValType: decoding ScValType: xdr:DecodeInt: ";
        let cases = [
            ("AAAAAQ==", None),
            ("", Some(format!("{short}EOF while decoding 4 bytes - read: '[]'"))),
            (
                "AAAA",
                Some(format!(
                    "{short}unexpected EOF while decoding 4 bytes - read: '[0 0 0]'"
                )),
            ),
            (
                "foo",
                Some(format!("{short}unexpected EOF while decoding 4 bytes - read: '[]'")),
            ),
            (
                "AAAAAQAAAAA=",
                Some("input not fully consumed. expected to read: 12, actual: 8".to_owned()),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(fault(text), expected, "{text}");
        }
    }
}
