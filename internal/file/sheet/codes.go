package sheet

import "rollbook/internal/domain/fault"

// Codes of faults that reject the file.
const (
	CodeNoRows                = "noRows"                // nothing below the header, or nothing at all
	CodeNoHeader              = "noHeader"              // the first line holds no name of a known column
	CodeDuplicateColumn       = "duplicateColumn"       // two columns have the same name
	CodeHeaderUnreadable      = "headerUnreadable"      // the header breaks the rules that rows must keep
	CodeHeaderChanges         = "headerChanges"         // a different header further down
	CodeSeparatorChanges      = "separatorChanges"      // header and rows use different separators
	CodeSeparatorNotSupported = "separatorNotSupported" // the sep= line names another character
	CodeMostRowsMisshapen     = "mostRowsMisshapen"     // more than half of the rows have a wrong shape
	CodeQuotesBroken          = "quotesBroken"          // an opened quote swallows more than a row may hold
	CodeEncodingNotRecognised = "encodingNotRecognised" // the bytes are no text that we can name
	CodeEncodingNotSupported  = "encodingNotSupported"  // the encoding asked for is none of ours
	CodeNotATable             = "notATable"             // a file of another type
	CodeOneCSVPlease          = "oneCSVPlease"          // a zip with several tables or with none
	CodeZipEncrypted          = "zipEncrypted"          // a zip that asks for a password
	CodeZipNested             = "zipNested"             // an archive in a zip, or a large workbook that is packed twice
	CodeZipBomb               = "zipBomb"               // unpacks to far more than real tables do
	CodeZipDamaged            = "zipDamaged"            // cut off, or its check sum is wrong
	CodeZipMethod             = "zipMethod"             // packed by a method other than deflate
	CodeWorkbookDamaged       = "workbookDamaged"       // an .xlsx that cannot be read
	CodeWorkbookTooLarge      = "workbookTooLarge"      // an .xlsx with more text than memory allows
	CodeFileTooLarge          = "fileTooLarge"          // over Limits.FileBytes, packed or unpacked
	CodeRowTooLong            = "rowTooLong"            // over Limits.RowBytes
	CodeTooManyColumns        = "tooManyColumns"        // over Limits.Columns
	CodeTooManyRows           = "tooManyRows"           // over Limits.Rows
)

// Codes of faults of one row.
const (
	CodeWrongCellCount      = "wrongCellCount"      // more or fewer cells than the header
	CodeCutOff              = "cutOff"              // the file ends inside this row
	CodeHeaderAgain         = "headerAgain"         // also the code of a warning
	CodeUnclosedQuote       = "unclosedQuote"       // a quoted cell that is not closed where it should be
	CodeTextAfterQuote      = "textAfterQuote"      // a quoted cell is closed, and text follows
	CodeBackslashQuote      = "backslashQuote"      // \" where "" is meant
	CodeControlCharacter    = "controlCharacter"    // a character below space, other than tab and line ends
	CodeUnreadableCharacter = "unreadableCharacter" // bytes of another encoding, or U+FFFD
	CodeFormulaWithoutValue = "notComputed"         // an .xlsx from a program that does not calculate
)

// Codes of warnings.
const (
	WarnEncodingGuessed = "encodingGuessed" // an 8-bit encoding was found by its letters
	WarnStrayQuote      = "strayQuote"      // a quote in the middle of an unquoted cell
	WarnTrailingColumns = "trailingColumns" // empty columns at the right
	WarnNoFinalLineEnd  = "noFinalLineEnd"  // the last line has no end: was the file cut?
	WarnOtherSheets     = "otherSheets"     // only the first sheet is read
	WarnOtherTable      = "otherTable"      // a zip has the table as CSV and as workbook; one is read
)

func invalid(key string, values ...any) error {
	return fault.New(fault.Invalid, key, values...)
}

func tooLarge(key string, values ...any) error {
	return fault.New(fault.TooLarge, key, values...)
}
