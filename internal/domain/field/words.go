package field

import (
	"strings"

	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
)

var emptyWords = set("empty", "vide", "leer", "vuoto", "vacío")

// suspiciousWords most often are an accident: an export's word for nothing, or
// a spreadsheet's error value in one of five languages.
var suspiciousWords = set(
	"null", "n/a", "-", "vacio", `\n`, // databases write \N for nothing
	// English and the ones that all share
	"#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#n/a", "#getting_data",
	"#spill!", "#calc!", "#field!", "#blocked!", "#connect!", "#unknown!", "#busy!", "#error!",
	// German
	"#wert!", "#bezug!", "#zahl!", "#nv", "#überlauf!", "#kalk!", "#feld!",
	// French
	"#nul!", "#valeur!", "#nom?", "#nombre!", "#propagation!", "#champ!",
	// Italian
	"#nullo!", "#valore!", "#rif!", "#nome?", "#n/d", "#espansione!", "#campo!",
	// Spanish
	"#¡nulo!", "#¡div/0!", "#¡valor!", "#¡ref!", "#¿nombre?", "#¡num!", "#¡desbordamiento!", "#¡calc!", "#¡campo!",
)

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

func emptyWord(key string) bool { return emptyWords[key] }

// suspicious reports whether the word by its key most often is an accident. A
// run of # is what a spreadsheet shows in a column that is too narrow, Err:502
// is LibreOffice's form of an error.
func suspicious(key string) bool {
	if suspiciousWords[key] {
		return true
	}
	if len(key) > 1 && strings.Trim(key, "#") == "" {
		return true
	}
	n, ok := strings.CutPrefix(key, "err:")
	return ok && len(n) == 3 && digits(n)
}

// meaning reports whether the word by its key must be escaped to be a text.
func meaning(key string) bool { return emptyWord(key) || suspicious(key) }

// Blank reports whether a cell shows nothing.
func Blank(s string) bool { return text.Blank(s) }

// Where a parameter is called text, the package of that name is out of reach.
func hidden(r rune) bool   { return text.Invisible(r) }
func trim(s string) string { return text.Trim(s) }
func key(s string) string  { return text.Key(s) }
func bare(s string) string { return text.Bare(s) }
func digits(s string) bool { return text.Digits(s) }
func show(s string) string { return text.Shown(s) }

// no makes the problem of a code, as reason.New does.
func no(key string, values ...any) *Problem {
	r := reason.New(key, values...)
	return &r
}

// look makes the warning of a code.
func look(key string, values ...any) *Warning {
	return &Warning{Reason: reason.New(key, values...)}
}
