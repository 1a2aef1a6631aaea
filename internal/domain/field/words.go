package field

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"rollbook/internal/domain"
)

// booleans are the words for true and false, by key: ours, and what
// spreadsheets and people write in five languages.
var booleans = map[string]domain.Value{
	"true": domain.True, "t": domain.True, "1": domain.True, "yes": domain.True,
	"vrai": domain.True, "wahr": domain.True, "vero": domain.True, "verdadero": domain.True,
	"oui": domain.True, "ja": domain.True, "sì": domain.True, "sí": domain.True,
	"false": domain.False, "f": domain.False, "0": domain.False, "no": domain.False,
	"faux": domain.False, "falsch": domain.False, "falso": domain.False,
	"non": domain.False, "nein": domain.False,
}

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

// emptyText is emptyWord for texts. In a contact's own fields only Empty
// clears: Leer is a town, and Leer and Vide are family names.
func emptyText(key string, kind domain.Kind) bool {
	if kind == domain.ContactText {
		return key == "empty"
	}
	return emptyWord(key)
}

// suspicious tells whether the word by its key most often is an accident. A
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

// meaning tells whether the word by its key must be escaped to be a text.
func meaning(key string) bool { return emptyWord(key) || suspicious(key) }

// hidden tells whether the character shows nothing: zero-width characters, the
// byte order mark, soft hyphens and direction marks, which come along when
// text is copied.
func hidden(r rune) bool {
	return r == 0xAD || r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E ||
		r >= 0x2060 && r <= 0x2064 || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF
}

// Blank tells whether a cell shows nothing: it is empty, or has only blanks of
// any width, tabs and characters without a glyph.
func Blank(s string) bool {
	for _, r := range s {
		if !unicode.IsSpace(r) && !hidden(r) {
			return false
		}
	}
	return true
}

// outer tells whether the character may be dropped at the ends of a cell:
// blanks of any width, tabs, and the hidden ones that never mean anything
// there. Line breaks are none of them, nor are joiners and direction marks.
func outer(r rune) bool {
	return r == ' ' || r == '\t' || r > 0x7F && (unicode.Is(unicode.Zs, r) || r == 0x200B || r == 0x2060 || r == 0xFEFF)
}

func trim(s string) string { return strings.TrimFunc(s, outer) }

// key is the form in which words are compared: NFC, lower case, without hidden
// characters, one blank between words, full-width characters folded.
func key(s string) string {
	if simple(s) {
		return strings.ToLower(s)
	}
	s = norm.NFC.String(strings.Map(seen, s))
	if strings.ContainsFunc(s, wide) {
		s = norm.NFC.String(width.Fold.String(s))
	}
	s = strings.ToLower(s)
	if strings.ContainsAny(s, "ßς") {
		s = sharp.Replace(s)
	}
	if simple(s) {
		return s
	}
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

var sharp = strings.NewReplacer("ß", "ss", "ς", "σ")

// seen drops hidden characters.
func seen(r rune) rune {
	if hidden(r) {
		return -1
	}
	return r
}

// wide tells whether the character has a form of another width.
func wide(r rune) bool { return r == 0x3000 || r >= 0xFF00 && r <= 0xFFEF }

// simple tells whether lower case is all that the key needs: printable ASCII
// without blanks at the ends or in a row.
func simple(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && last == ' ' {
			return false
		}
		last = s[i]
	}
	return last != ' '
}

// bare is the key without accents.
func bare(s string) string {
	k := key(s)
	if simple(k) {
		return k
	}
	return norm.NFC.String(strings.Map(unmarked, norm.NFD.String(k)))
}

// unmarked drops combining marks.
func unmarked(r rune) rune {
	if r >= 0x300 && unicode.Is(unicode.Mn, r) {
		return -1
	}
	return r
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Quote shows a cell in a message: in quotation marks, cut at 60 characters, on
// one line.
func Quote(s string) string { return quote(s) }

func quote(s string) string { return `"` + show(s) + `"` }

func show(s string) string {
	var b strings.Builder
	n, left := 0, utf8.RuneCountInString(s)
	for _, r := range s {
		if n == 59 && left > 1 {
			b.WriteString("…")
			break
		}
		if unicode.IsControl(r) || r == 0x2028 || r == 0x2029 {
			r = ' '
		}
		b.WriteRune(r)
		n++
		left--
	}
	return b.String()
}

// list joins words as a sentence does: A, B or C.
func list(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}
