package person

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

// The lengths of RFC 5321, section 4.5.3.1, in octets. A path of 256 has two
// brackets.
const (
	maxLocal   = 64
	maxDomain  = 253
	maxAddress = domain.MaxEmail
)

// email reads one e-mail address as people use them: what stands before the @
// is ASCII without quotes (no large mail service takes anything else), the
// domain has a dot and may have letters of any language. The case before the @
// stays; the domain becomes lower case, and a name in Punycode is shown in its
// letters, so that one domain has one form.
func email(text string) (string, *field.Warning, *field.Problem) {
	s := plain(text)
	address, p := address(text, s)
	if p != nil {
		if tidied := tidy(s); tidied != s && p.Fix() == "" {
			if a, wrong := parseAddress(tidied, tidied); wrong == nil {
				fixed := p.WithFix(a)
				p = &fixed
			}
		}
		return "", nil, p
	}
	if better, ok := nearAddress(address); ok {
		return address, look("emailSlip", address, better), nil
	}
	return address, nil, nil
}

func address(text, s string) (string, *field.Problem) {
	a, wrong := parseAddress(text, s)
	if wrong == nil {
		return a, nil
	}
	if p := decorated(text, s); p != nil {
		return "", p
	}
	if local, domain, ok := strings.Cut(s, "@"); ok && local != "" && strings.EqualFold(domain, "gmail") {
		fixed := wrong.WithFix(local + "@gmail.com")
		wrong = &fixed
	}
	return "", wrong
}

// decorated names an address that has something around it, or several.
func decorated(text, s string) *field.Problem {
	if n, first := addresses(s); n > 1 {
		return no("severalEmails", text, first)
	}
	lower := strings.ToLower(s)
	switch {
	case strings.Contains(lower, "mailto:"):
		return no("emailDecoration.mailto", text, nil)
	case strings.ContainsAny(s, "<>"):
		return no("emailDecoration.name", text, nil)
	}
	if _, wrong := parseAddress(text, strings.Trim(s, quotes)); wrong == nil {
		return no("emailDecoration", text, nil)
	}
	return nil
}

// quotes are signs that stand around an address, not in it.
const quotes = ` "'“”„‘’‚«»()[]{},;:`

// addresses counts the parts that are addresses, and returns the first.
func addresses(s string) (n int, first string) {
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;/|<>&\\\n\r", r) }) {
		if a, wrong := parseAddress(part, strings.Trim(part, quotes)); wrong == nil {
			if n++; n == 1 {
				first = a
			}
		}
	}
	return n, first
}

var (
	inBrackets = regexp.MustCompile(`<([^<>]*)>`)
	atWords    = regexp.MustCompile(`(?i) *[(\[{] *(?:at|ät|a|chez|arroba|chiocciola|@) *[)\]}] *`)
	dotWords   = regexp.MustCompile(`(?i) *[(\[{] *(?:dot|punkt|point|punto) *[)\]}] *`)
	dots       = regexp.MustCompile(`\.{2,}`)
)

// tidy makes of a text the address that it may have been meant to be.
func tidy(s string) string {
	if m := inBrackets.FindAllStringSubmatch(s, 2); len(m) == 1 {
		s = m[0][1]
	}
	if i := strings.Index(strings.ToLower(s), "mailto:"); i >= 0 && len(strings.ToLower(s)) == len(s) {
		s, _, _ = strings.Cut(s[i+len("mailto:"):], "?")
	}
	s = atWords.ReplaceAllString(s, "@")
	s = dotWords.ReplaceAllString(s, ".")
	s = strings.Trim(s, quotes)
	s = strings.ReplaceAll(s, " ", "")
	s = dots.ReplaceAllString(s, ".")
	if local, domain, ok := strings.Cut(s, "@"); ok {
		domain = strings.ReplaceAll(domain, ",", ".")
		s = strings.Trim(local, ".") + "@" + strings.Trim(domain, ".")
	}
	return s
}

// parseAddress returns the address in the form in which it is kept, or what is
// wrong with the text that it is from.
func parseAddress(text, s string) (address string, wrong *field.Problem) {
	local, domain, ok := strings.Cut(s, "@")
	switch {
	case !ok:
		return "", no("badEmail.noAt", text, nil)
	case strings.Contains(domain, "@"):
		return "", no("badEmail.twoAts", text, nil)
	case strings.Contains(s, " "):
		return "", no("badEmail.blank", text, nil)
	case local == "":
		return "", no("badEmail.nothingBefore", text, nil)
	case domain == "":
		return "", no("badEmail.nothingAfter", text, nil)
	case len(local) > maxLocal:
		return "", no("badEmail.longBefore", text, maxLocal, nil)
	}
	if wrong := checkLocal(text, local); wrong != nil {
		return "", wrong
	}
	if domain, wrong = checkDomain(text, domain); wrong != nil {
		return "", wrong
	}
	if address = local + "@" + domain; len(address) > maxAddress {
		return "", no("badEmail.tooLong", text, maxAddress, nil)
	}
	return address, nil
}

func checkLocal(text, local string) *field.Problem {
	switch {
	case local[0] == '.' || local[len(local)-1] == '.':
		return no("badEmail.dotBefore", text, nil)
	case strings.Contains(local, ".."):
		return no("badEmail.twoDots", text, nil)
	case local[0] == '\'' || local[len(local)-1] == '\'':
		return no("badEmail.apostrophe", text, nil)
	}
	for _, r := range local {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case strings.ContainsRune(".!#$%&'*+/=?^_`{|}~-", r): // RFC 5322, section 3.2.3
		default:
			return no("badEmail.characterBefore", text, string(r), nil)
		}
	}
	return nil
}

func checkDomain(text, domain string) (canonical string, wrong *field.Problem) {
	switch {
	case domain[0] == '[' || domain[0] >= '0' && domain[0] <= '9' && strings.Trim(domain, "0123456789.") == "":
		return "", no("badEmail.computer", text, nil)
	case strings.Contains(domain, ".."):
		return "", no("badEmail.twoDots", text, nil)
	case domain[0] == '.' || domain[len(domain)-1] == '.':
		return "", no("badEmail.dotAfter", text, nil)
	case strings.Contains(domain, ","):
		return "", no("badEmail.comma", text, nil)
	}
	ascii, simple := strings.ToLower(domain), true
	for i := range len(ascii) {
		simple = simple && ascii[i] < utf8.RuneSelf
	}
	if !simple || strings.Contains(ascii, "xn--") {
		var err error
		if ascii, err = idna.Lookup.ToASCII(domain); err != nil {
			return "", no("badEmail.domain", text, domain, nil)
		}
		simple = !strings.Contains(ascii, "xn--")
	}
	labels := strings.Split(ascii, ".")
	switch last := labels[len(labels)-1]; {
	case len(labels) < 2:
		return "", no("badEmail.noDot", text, nil)
	case len(ascii) > maxDomain:
		return "", no("badEmail.longDomain", text, nil)
	case len(last) < 2 || strings.ContainsAny(last, "0123456789") && !strings.HasPrefix(last, "xn--"):
		return "", no("badEmail.end", text, last, nil)
	}
	for _, l := range labels {
		switch {
		case l == "":
			return "", no("badEmail.twoDots", text, nil)
		case len(l) > 63:
			return "", no("badEmail.longPart", text, nil)
		case l[0] == '-' || l[len(l)-1] == '-':
			return "", no("badEmail.hyphen", text, nil)
		}
		for i := range len(l) {
			if c := l[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				r, _ := utf8.DecodeRuneInString(l[i:])
				return "", no("badEmail.characterAfter", text, string(r), nil)
			}
		}
	}
	if simple {
		return ascii, nil
	}
	letters, err := idna.Lookup.ToUnicode(ascii)
	if err != nil {
		return "", no("badEmail.domain", text, domain, nil)
	}
	if again, err := idna.Lookup.ToASCII(letters); err != nil || again != ascii {
		return ascii, nil
	}
	return letters, nil
}
