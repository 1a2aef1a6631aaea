package person

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"rollbook/internal/domain/field"
)

// The lengths of RFC 5321, section 4.5.3.1, in octets. A path of 256 has two
// brackets.
const (
	maxLocal   = 64
	maxDomain  = 253
	maxAddress = 254
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
		if tidied := tidy(s); tidied != s && p.Suggestion == "" {
			if a, no := parseAddress(tidied); no == "" {
				p.Suggestion = a
			}
		}
		if p.Suggestion != "" {
			p.Message += fmt.Sprintf(" Did you mean %s?", p.Suggestion)
		}
		return "", nil, p
	}
	if better, ok := nearAddress(address); ok {
		return address, &field.Warning{Code: EmailSlip,
			Message: fmt.Sprintf("Is %s meant to be %s? It is taken as written.", field.Quote(address), better)}, nil
	}
	return address, nil, nil
}

func address(text, s string) (string, *field.Problem) {
	if a, no := parseAddress(s); no == "" {
		return a, nil
	} else if p := decorated(text, s); p != nil {
		return "", p
	} else if local, domain, ok := strings.Cut(s, "@"); ok && local != "" && strings.EqualFold(domain, "gmail") {
		return "", &field.Problem{Code: BadEmail, Message: field.Quote(text) + " " + no, Suggestion: local + "@gmail.com"}
	} else {
		return "", &field.Problem{Code: BadEmail, Message: field.Quote(text) + " " + no}
	}
}

// decorated names an address that has something around it, or several.
func decorated(text, s string) *field.Problem {
	if n := addresses(s); n > 1 {
		return &field.Problem{Code: SeveralEmails, Message: field.Quote(text) + " is more than one e-mail address. Write one."}
	}
	lower := strings.ToLower(s)
	switch {
	case strings.Contains(lower, "mailto:"):
		return &field.Problem{Code: EmailDecoration, Message: field.Quote(text) + " begins with mailto:, which is part of a link. Write the address alone."}
	case strings.ContainsAny(s, "<>"):
		return &field.Problem{Code: EmailDecoration, Message: field.Quote(text) + " has a name or angle brackets. Write the address alone."}
	}
	if _, no := parseAddress(strings.Trim(s, quotes)); no == "" {
		return &field.Problem{Code: EmailDecoration, Message: field.Quote(text) + " has quotation marks, brackets or such around it. Write the address alone."}
	}
	return nil
}

// quotes are signs that stand around an address, not in it.
const quotes = ` "'“”„‘’‚«»()[]{},;:`

// addresses counts the parts that are addresses.
func addresses(s string) (n int) {
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;/|<>&\\", r) }) {
		if _, no := parseAddress(strings.Trim(part, quotes)); no == "" {
			n++
		}
	}
	return n
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
// wrong with it as the end of a sentence.
func parseAddress(s string) (address, no string) {
	local, domain, ok := strings.Cut(s, "@")
	switch {
	case !ok:
		return "", "is no e-mail address: it has no @."
	case strings.Contains(domain, "@"):
		return "", "is no e-mail address: it has more than one @."
	case strings.Contains(s, " "):
		return "", "has a blank, which no e-mail address has."
	case local == "":
		return "", "has nothing before the @."
	case domain == "":
		return "", "has nothing after the @."
	case len(local) > maxLocal:
		return "", fmt.Sprintf("has more than %d characters before the @.", maxLocal)
	}
	if no := checkLocal(local); no != "" {
		return "", no
	}
	domain, no = checkDomain(domain)
	if no != "" {
		return "", no
	}
	if address = local + "@" + domain; len(address) > maxAddress {
		return "", fmt.Sprintf("is longer than the %d characters that an e-mail address may have.", maxAddress)
	}
	return address, ""
}

func checkLocal(local string) (no string) {
	switch {
	case local[0] == '.' || local[len(local)-1] == '.':
		return "has a dot at the beginning or before the @."
	case strings.Contains(local, ".."):
		return "has two dots in a row."
	case local[0] == '\'' || local[len(local)-1] == '\'':
		return "has an apostrophe at the beginning or before the @."
	}
	for _, r := range local {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case strings.ContainsRune(".!#$%&'*+/=?^_`{|}~-", r): // RFC 5322, section 3.2.3
		default:
			return fmt.Sprintf("has the character %s before the @, which mail services do not take there.", field.Quote(string(r)))
		}
	}
	return ""
}

func checkDomain(domain string) (canonical, no string) {
	switch {
	case domain[0] == '[' || domain[0] >= '0' && domain[0] <= '9' && strings.Trim(domain, "0123456789.") == "":
		return "", "has a computer's address instead of a domain such as example.com."
	case strings.Contains(domain, ".."):
		return "", "has two dots in a row."
	case domain[0] == '.' || domain[len(domain)-1] == '.':
		return "", "has a dot after the @ or at the end."
	case strings.Contains(domain, ","):
		return "", "has a comma after the @."
	}
	ascii, simple := strings.ToLower(domain), true
	for i := range len(ascii) {
		simple = simple && ascii[i] < utf8.RuneSelf
	}
	if !simple || strings.Contains(ascii, "xn--") {
		var err error
		if ascii, err = idna.Lookup.ToASCII(domain); err != nil {
			return "", fmt.Sprintf("has %s after the @, which is no domain.", field.Quote(domain))
		}
		simple = !strings.Contains(ascii, "xn--")
	}
	labels := strings.Split(ascii, ".")
	switch last := labels[len(labels)-1]; {
	case len(labels) < 2:
		return "", "has no dot after the @: a domain is such as example.com."
	case len(ascii) > maxDomain:
		return "", "has a domain that is too long."
	case len(last) < 2 || strings.ContainsAny(last, "0123456789") && !strings.HasPrefix(last, "xn--"):
		return "", fmt.Sprintf("ends in .%s, which is the end of no domain.", last)
	}
	for _, l := range labels {
		switch {
		case l == "":
			return "", "has two dots in a row."
		case len(l) > 63:
			return "", "has a part between dots that is longer than the 63 characters which a domain allows."
		case l[0] == '-' || l[len(l)-1] == '-':
			return "", "has a hyphen beside a dot or the @."
		}
		for i := range len(l) {
			if c := l[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				r, _ := utf8.DecodeRuneInString(l[i:])
				return "", fmt.Sprintf("has the character %s after the @, which no domain has.", field.Quote(string(r)))
			}
		}
	}
	if simple {
		return ascii, ""
	}
	letters, err := idna.Lookup.ToUnicode(ascii)
	if err != nil {
		return "", fmt.Sprintf("has %s after the @, which is no domain.", field.Quote(domain))
	}
	if again, err := idna.Lookup.ToASCII(letters); err != nil || again != ascii {
		return ascii, ""
	}
	return letters, ""
}
