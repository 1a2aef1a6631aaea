package person

import (
	"slices"
	"strings"
	"unicode"

	"rollbook/internal/domain/text"
)

// The columns of ours that a full name is for, in the order in which it has them. It
// is split only where somebody says so.
const (
	FirstLast = "First name + Last name"
	LastFirst = "Last name + First name"
)

// Whole returns which of FirstLast and LastFirst a column's name is, "" for none.
func Whole(column string) string {
	for _, c := range []string{FirstLast, LastFirst} {
		if text.Normalise(column) == text.Normalise(c) {
			return c
		}
	}
	return ""
}

var (
	// particles begin a last name.
	particles = set("de d' du des del della dello dei degli delle di da dal dalla das dos do van von vom zu zum zur den der ter ten te le la les los las el al bin ibn af av")
	// firms are words of organisations, whose names have no first name.
	firms = set("gmbh ag sa sarl sàrl sas srl spa ltd limited inc llc plc kg ohg ev verein stiftung fondation foundation association associazione asociación club gmbh&co & und et and cie co company theater théâtre teatro theatre")
	// honours stand before a name.
	honours = set("dr prof mr mrs ms miss m mme mlle monsieur madame herr frau sig sigra sra")
)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

// SplitName parts a full name by the order in which a column has them. A comma comes
// behind the last name, capitals mark it, and particles (de, van, von) belong to it.
// The name of one word, or of an organisation, is a last name. Sure is false where
// another reading is as good, as of three words.
func SplitName(full, order string) (first, last string, sure bool) {
	if l, f, ok := strings.Cut(full, ","); ok && strings.TrimSpace(f) != "" {
		return join(strings.Fields(f)), join(strings.Fields(l)), !strings.Contains(f, ",")
	}
	words := strings.Fields(full)
	for len(words) > 1 && honours[strings.ToLower(strings.Trim(words[0], "."))] {
		words = words[1:]
	}
	is := func(w string, of map[string]bool) bool { return of[strings.ToLower(strings.TrimRight(w, "."))] }
	switch {
	case len(words) < 2:
		return "", join(words), false
	case slices.ContainsFunc(words, func(w string) bool { return is(w, firms) || strings.ContainsFunc(w, unicode.IsDigit) }):
		return "", join(words), false
	}
	capitals := func(w string) bool {
		return len([]rune(strings.Trim(w, ".'’-"))) > 1 && strings.ToUpper(w) == w && strings.ToLower(w) != w
	}
	if n := len(words); slices.ContainsFunc(words, capitals) && !allCapitals(words, capitals) {
		from := slices.IndexFunc(words, capitals)
		to := from
		for to < n && (capitals(words[to]) || is(words[to], particles)) {
			to++
		}
		switch {
		case to == n: // Jean DE LA TOUR
			for from > 1 && is(words[from-1], particles) {
				from--
			}
			return join(words[:from]), join(words[from:]), true
		case from == 0: // DE LA TOUR Jean
			return join(words[to:]), join(words[:to]), true
		}
	}
	at := len(words) - 1
	sure = len(words) == 2
	if order == LastFirst {
		at = 1
		for at < len(words)-1 && is(words[at-1], particles) {
			at++
		}
		return join(words[at:]), join(words[:at]), sure || at > 1 && at == len(words)-1
	}
	for i := 1; i < len(words)-1; i++ {
		if is(words[i], particles) {
			at, sure = i, i == 1
			break
		}
	}
	return join(words[:at]), join(words[at:]), sure
}

func allCapitals(words []string, capitals func(string) bool) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !capitals(w) && len([]rune(w)) > 1 })
}

func join(words []string) string { return strings.Join(words, " ") }
