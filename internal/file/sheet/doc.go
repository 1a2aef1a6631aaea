// Package sheet reads and writes tables as people and spreadsheets save them.
//
// [Open] takes a file of known size and finds out by its content what it is: a
// CSV in one of several encodings and separators, an .xlsx, or a zip with one of
// the two in it. [Reader.Read] then gives one [Row] after the other in the order of
// the file, numbered by the lines that the user's editor shows, with the cells
// exactly as uploaded. Nothing is repaired or guessed silently: what cannot be
// read is a fault of its row ([RowFault]) or of the whole file (a *fault.Error
// with one of the codes below), and what was understood but is worth a look is
// a [Warning].
//
// Memory does not grow with the file: the reader holds one block, one row of at
// most [Limits].RowBytes, and for .xlsx the shared texts up to a fixed limit.
//
// # Quotes
//
// A quote opens a quoted cell only as the first character of the cell; any
// other quote in an unquoted cell is text. Where a quoted cell is never closed,
// or closed and followed by text, the row is at fault and reading goes on at
// the next line that by itself is a good row: not blank, as many cells as the
// header, no doubtful quote. The lines between belong to the row at fault and
// are named in its message, so no line is lost without a word. A row over
// several lines whose later lines look like rows of their own (as many cells
// as the header and a first cell of the same shape) is at fault as well: a
// forgotten quote and a later stray one look exactly like that.
//
// # Encodings
//
// A byte order mark decides; else a clear pattern of NUL bytes means UTF-16.
// ASCII passes until the first byte over 127 arrives, wherever in the file that
// is. Then the bytes from there on are read ahead, at least 1 MB or to the end
// and further while there is little evidence: where UTF-8 sequences are found
// at a rate of one to four broken bytes or better the file is UTF-8 and broken
// bytes are faults of their rows; else the letters decide between Windows-1252
// and MacRoman, and a text that is plausible in neither is refused. So a UTF-8
// file is read once, and an 8-bit file a little more than once.
package sheet
