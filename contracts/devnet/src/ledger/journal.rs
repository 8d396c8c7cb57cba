//! A file that grows by lines, each with its checksum, and holds whatever was written to
//! it before the process ended, however it ended.

use crate::encoding::sha256;
use std::{
    fs::{self, File, TryLockError},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// Hexadecimal digits of a line's checksum.
const SUM: usize = 16;
/// How much a file may grow before it is written anew, in bytes, however small it was.
const GROWTH: u64 = 16 * 1024 * 1024;

/// A file open for appending, which no other process writes.
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes when it was last written anew.
    base: u64,
    appended: u64,
}

/// What a file held.
pub struct Opened {
    pub journal: Journal,
    /// Bytes at the end that were not a whole line: the process ended while it wrote them,
    /// before it told anybody. They are gone from the file.
    pub cut_off: u64,
}

impl Journal {
    /// Opens a file and gives each whole line to `read`, oldest first. Of the bytes read, those
    /// of the first `base_lines` lines count as what was there when it was last written anew.
    ///
    /// # Errors
    /// If the file cannot be read or is in use, if `read` refuses a line, or if a damaged line
    /// has whole ones after it.
    pub fn open<F>(path: &Path, mut read: F) -> Result<Opened, String>
    where
        F: FnMut(&[u8]) -> Result<LineKind, String>,
    {
        let text = |error: io::Error| error.to_string();
        let mut file = File::options().read(true).write(true).open(path).map_err(text)?;
        lock(&file)?;
        let mut lines = BufReader::new(&file);
        let (mut line, mut number) = (Vec::new(), 0_u64);
        let (mut end, mut base) = (0_u64, 0_u64);
        let mut bad = None;
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(text)? == 0 {
                break;
            }
            number = number.saturating_add(1);
            match (content(&line), bad) {
                (Some(content), None) => {
                    let kind = read(content).map_err(|error| format!("line {number}: {error}"))?;
                    end = end.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
                    if kind == LineKind::EndOfBase {
                        base = end;
                    }
                }
                (Some(_), Some(bad)) => return Err(format!("line {bad} is damaged, and whole ones come after it")),
                (None, _) => bad = bad.or(Some(number)),
            }
        }
        let length = file.metadata().map_err(text)?.len();
        file.set_len(end).map_err(text)?;
        file.seek(SeekFrom::Start(end)).map_err(text)?;
        file.sync_all().map_err(text)?;
        Ok(Opened {
            journal: Self {
                path: path.to_owned(),
                file,
                base,
                appended: end.saturating_sub(base),
            },
            cut_off: length.saturating_sub(end),
        })
    }

    /// Makes a file of these lines, in one step: a crash leaves the old file or the new one.
    ///
    /// # Errors
    /// What the file system says, or that another process has the file.
    pub fn create<I>(path: &Path, lines: I) -> io::Result<Self>
    where
        I: Iterator<Item = Vec<u8>>,
    {
        let mut draft = path.as_os_str().to_owned();
        draft.push(".new");
        let file = File::options().write(true).create(true).truncate(true).open(&draft)?;
        lock(&file).map_err(io::Error::other)?;
        let mut writer = io::BufWriter::new(&file);
        for line in lines {
            writer.write_all(&framed(&line))?;
        }
        writer.flush()?;
        drop(writer);
        file.sync_all()?;
        fs::rename(&draft, path)?;
        sync_folder(path)?;
        let base = file.metadata()?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            base,
            appended: 0,
        })
    }

    /// Adds a line; when this returns it survives whatever happens.
    ///
    /// # Errors
    /// What the file system says.
    pub fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let bytes = framed(line);
        self.file.write_all(&bytes)?;
        self.file.sync_data()?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.appended = self.appended.saturating_add(length);
        Ok(())
    }

    /// Whether so much was added that the file should be written anew.
    pub fn is_overgrown(&self) -> bool {
        self.appended > self.base.max(GROWTH)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What a line means for the size of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    Plain,
    /// The last one of those the file was made of.
    EndOfBase,
}

fn lock(file: &File) -> Result<(), String> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => "another process has it open".to_owned(),
        TryLockError::Error(error) => error.to_string(),
    })
}

/// Makes a renamed file's new name last.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

fn sum(line: &[u8]) -> String {
    let mut text = hex::encode(sha256(line));
    text.truncate(SUM);
    text
}

fn framed(line: &[u8]) -> Vec<u8> {
    [sum(line).as_bytes(), b" ", line, b"\n"].concat()
}

/// What a line holds; `None` if it is not whole.
fn content(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n")?;
    let (found, rest) = line.split_at_checked(SUM)?;
    let content = rest.strip_prefix(b" ")?;
    (found == sum(content).as_bytes()).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(path: &Path) -> Result<(Vec<String>, u64), String> {
        let mut lines = Vec::new();
        let opened = Journal::open(path, |line| {
            lines.push(String::from_utf8(line.to_vec()).unwrap());
            Ok(LineKind::Plain)
        })?;
        Ok((lines, opened.cut_off))
    }

    /// A journal of three lines in a file of its own.
    fn journal(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("devnet-journal-{name}-{}", std::process::id()));
        let mut journal = Journal::create(&path, [b"one".to_vec()].into_iter()).unwrap();
        for line in [&b"two"[..], b"three"] {
            journal.append(line).unwrap();
        }
        path
    }

    #[test]
    fn cut_off_anywhere_the_whole_lines_are_there() {
        let path = journal("torn");
        let bytes = fs::read(&path).unwrap();
        let ends: Vec<usize> = (0..bytes.len()).filter(|place| bytes[*place] == b'\n').collect();
        for length in 0..=bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            let whole = ends.iter().filter(|end| **end < length).count();
            let good = if whole == 0 { 0 } else { ends[whole - 1] + 1 };
            let (lines, cut_off) = lines_of(&path).unwrap();
            assert_eq!(lines, ["one", "two", "three"][..whole], "cut to {length}");
            assert_eq!(usize::try_from(cut_off).unwrap(), length - good);
            assert_eq!(fs::read(&path).unwrap(), bytes[..good]);
        }
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn damage_in_the_middle_is_no_torn_end() {
        let path = journal("damage");
        let mut bytes = fs::read(&path).unwrap();
        let place = bytes.iter().position(|byte| *byte == b'w').unwrap();
        bytes[place] = b'W';
        fs::write(&path, &bytes).unwrap();
        assert!(lines_of(&path).unwrap_err().contains("line 2 is damaged"));
        assert_eq!(fs::read(&path).unwrap(), bytes);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn only_one_has_it() {
        let path = journal("lock");
        let held = Journal::open(&path, |_| Ok(LineKind::Plain)).unwrap();
        assert!(lines_of(&path).unwrap_err().contains("another process"));
        drop(held);
        lines_of(&path).unwrap();
        fs::remove_file(path).unwrap();
    }
}
