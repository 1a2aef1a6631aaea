package person

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
)

// names are the words for codes, by their unpointed form.
type names struct {
	codes map[string]string   // the code that a word means
	lost  map[string][]string // words that mean several codes, so that they mean none
	byLen map[int][]string    // the words of codes, for slips of the pen
}

func newNames() *names {
	return &names{codes: map[string]string{}, lost: map[string][]string{}, byLen: map[int][]string{}}
}

// add adds a name of the first rank.
func (n *names) add(word, code string) {
	k := unpointed(word)
	if was, ok := n.codes[k]; ok && was != code {
		n.lost[k] = append(n.lost[k], code)
	} else if k != "" {
		n.codes[k] = code
	}
}

// also adds a name unless it already means something better known.
func (n *names) also(word, code string) {
	if k := unpointed(word); k != "" && n.codes[k] == "" {
		n.codes[k] = code
	}
}

func (n *names) finish() *names {
	for k, codes := range n.lost {
		n.lost[k] = append(codes, n.codes[k])
		delete(n.codes, k)
	}
	for k := range n.codes {
		n.byLen[len(k)] = append(n.byLen[len(k)], k)
	}
	return n
}

// near returns the one code whose name is one slip away.
func (n *names) near(k string) (code string, ok bool) {
	if len(k) < 5 {
		return "", false
	}
	for l := len(k) - 1; l <= len(k)+1; l++ {
		for _, word := range n.byLen[l] {
			if l < 5 || !slip(k, word) {
				continue
			}
			if c := n.codes[word]; code != "" && c != code {
				return "", false
			} else {
				code = c
			}
		}
	}
	return code, code != ""
}

// umlauts are written so where a keyboard has none.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue")

// oldLanguages are codes that ISO 639-1 has withdrawn, with those that took
// their place.
var oldLanguages = map[string]string{"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro", "sh": "sr", "bh": ""}

// bibliographic are the codes of ISO 639-2/B, where they differ from 639-2/T.
var bibliographic = map[string]string{
	"alb": "sq", "arm": "hy", "baq": "eu", "bur": "my", "chi": "zh", "cze": "cs", "dut": "nl", "fre": "fr", "geo": "ka", "ger": "de",
	"gre": "el", "ice": "is", "mac": "mk", "mao": "mi", "may": "ms", "per": "fa", "rum": "ro", "slo": "sk", "tib": "bo", "wel": "cy",
}

// languageWords are names that people use besides those of the Unicode data.
var languageWords = map[string]string{
	"castellano": "es", "castilian": "es", "castillan": "es", "kastilisch": "es", "castigliano": "es",
	"flemish": "nl", "flamand": "nl", "flämisch": "nl", "fiammingo": "nl", "flamenco": "nl", "holländisch": "nl", "hollandais": "nl", "olandese": "nl", "holandés": "nl",
	"schweizerdeutsch": "de", "hochdeutsch": "de", "allemanico": "de",
	"rumantsch": "rm", "rätoromanisch": "rm", "romanche": "rm", "romancio": "rm", "romanche grisón": "rm",
	"mandarin": "zh", "mandarino": "zh", "farsi": "fa", "persan": "fa", "norsk": "no", "bokmål": "nb", "nynorsk": "nn", "filipino": "tl", "gaelic": "gd",
}

// languages are the codes of ISO 639-1. The names are made only when a name is
// read: that takes a few milliseconds.
var languages = sync.OnceValue(func() map[string]language.Base {
	m := map[string]language.Base{}
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			code := string(a) + string(b)
			if base, err := language.ParseBase(code); err == nil && base.String() == code {
				m[code] = base
			}
		}
	}
	for code := range oldLanguages {
		delete(m, code)
	}
	return m
})

var languageNames = sync.OnceValue(func() *names {
	n := newNames()
	all := slices.Sorted(maps.Keys(languages()))
	for _, lang := range reason.Languages {
		namer := display.Languages(language.Make(lang))
		for _, code := range all {
			if _, own := ownNames[code]; !own {
				n.add(namer.Name(languages()[code]), code)
			}
		}
	}
	for code, words := range ownNames {
		for _, word := range words {
			n.add(word, code)
		}
	}
	for word, code := range languageWords {
		n.also(word, code)
	}
	for _, code := range all {
		n.also(umlauts.Replace(display.German.Languages().Name(languages()[code])), code)
	}
	for _, code := range all { // the name in the language itself
		n.also(display.Self.Name(language.Make(code)), code)
	}
	for _, code := range all {
		n.also(languages()[code].ISO3(), code)
	}
	for word, code := range bibliographic {
		n.also(word, code)
	}
	return n.finish()
})

// ownNames are those of languages that the Unicode data shows under the name of
// another.
var ownNames = map[string][]string{
	"no": {"Norwegian", "norvégien", "Norwegisch", "norvegese", "noruego"},
	"tw": {"Twi"},
}

var regional = regexp.MustCompile(`^([A-Za-z]{2})[-_]([A-Za-z]{2})$`)

// countriesToo are codes of languages that people hardly mean: they are the
// codes of countries here.
var countriesToo = []string{"be", "ch", "ee", "li", "lu", "se", "si"}

// remarked is a language with a remark behind it, as of its country or of how people
// are addressed.
var remarked = regexp.MustCompile(`^([^()]*[^() ]) *\(([^()]+)\)$`)

// languageCode reads a language: its ISO 639-1 code in any case, also with a
// country (fr-CH), or a three-letter code or a name in one of five languages or
// in itself. The answer is fr or fr-CH.
func languageCode(text string) (string, *field.Warning, *field.Problem) {
	s := plain(text)
	lower := strings.ToLower(s)
	if now, ok := oldLanguages[lower]; ok && now != "" {
		return now, nil, nil
	}
	if _, ok := languages()[lower]; ok {
		if slices.Contains(countriesToo, lower) {
			return lower, look("languageIsCountry", text, lower, strings.ToUpper(lower)), nil
		}
		return lower, nil, nil
	}
	if m := regional.FindStringSubmatch(s); m != nil {
		base, region := strings.ToLower(m[1]), strings.ToUpper(m[2])
		if now, ok := oldLanguages[base]; ok {
			base = now
		}
		_, known := languages()[base]
		if _, place := countries()[region]; known && place {
			return base + "-" + region, nil, nil
		}
	}
	if m := remarked.FindStringSubmatch(s); m != nil {
		code, w, p := languageCode(m[1])
		if country, wrong := countryCode(m[2]); p == nil && wrong == nil && len(code) == 2 {
			return code + "-" + country, nil, nil
		}
		if p == nil {
			return code, w, nil
		}
	}
	n := languageNames()
	k := unpointed(s)
	if code, ok := n.codes[k]; ok {
		return code, nil, nil
	}
	if codes := n.lost[k]; codes != nil {
		return "", nil, no("ambiguousValue.name", text, codes)
	}
	if code, ok := map[string]string{"d": "de", "f": "fr", "i": "it"}[k]; ok {
		return code, nil, nil
	}
	code, ok := n.near(k)
	if !ok {
		code, _, _ = strings.Cut(strings.ReplaceAll(lower, "_", "-"), "-") // zh-Hans
		_, ok = languages()[code]
	}
	if ok {
		return "", nil, no("unknownLanguage.near", text, code, code)
	}
	return "", nil, no("unknownLanguage", text)
}

// noCountries are regions of the Unicode data that ISO 3166-1 does not have as
// countries: reserved, withdrawn and grouping codes.
var noCountries = map[string]bool{"AC": true, "AN": true, "CP": true, "CQ": true, "CS": true, "DG": true, "EA": true, "EU": true, "EZ": true, "FQ": true,
	"IC": true, "NT": true, "PC": true, "SU": true, "TA": true, "UN": true, "YU": true}

// countryWords are names that people use besides those of the Unicode data.
var countryWords = map[string]string{
	"UK": "GB", "Great Britain": "GB", "Grande-Bretagne": "GB", "Großbritannien": "GB", "Grossbritannien": "GB", "Gran Bretagna": "GB", "Gran Bretaña": "GB",
	"England": "GB", "Angleterre": "GB", "Inghilterra": "GB", "Inglaterra": "GB", "Scotland": "GB", "Écosse": "GB", "Schottland": "GB", "Scozia": "GB", "Escocia": "GB",
	"Wales": "GB", "Pays de Galles": "GB", "Galles": "GB", "Gales": "GB", "Northern Ireland": "GB", "Irlande du Nord": "GB", "Nordirland": "GB", "Irlanda del Nord": "GB", "Irlanda del Norte": "GB",
	"Republic of Ireland": "IE", "Eire": "IE",
	"U.S.A.": "US", "United States of America": "US", "États-Unis d'Amérique": "US", "Vereinigte Staaten von Amerika": "US", "Stati Uniti d'America": "US", "Estados Unidos de América": "US", "EE. UU.": "US", "EEUU": "US", "Amerika": "US",
	"Swiss Confederation": "CH", "Schweizerische Eidgenossenschaft": "CH", "Confédération suisse": "CH", "Confederazione Svizzera": "CH", "Svizra": "CH",
	"Bundesrepublik Deutschland": "DE", "BRD": "DE", "Federal Republic of Germany": "DE",
	"Fürstentum Liechtenstein": "LI", "Republik Österreich": "AT", "République française": "FR", "Repubblica Italiana": "IT", "Reino de España": "ES",
	"Holland": "NL", "Hollande": "NL", "Olanda": "NL", "Holanda": "NL", "The Netherlands": "NL", "Les Pays-Bas": "NL", "Die Niederlande": "NL",
	"Czech Republic": "CZ", "République tchèque": "CZ", "Tschechische Republik": "CZ", "Repubblica Ceca": "CZ", "República Checa": "CZ", "Tschechei": "CZ",
	"Slovak Republic": "SK", "North Macedonia": "MK", "Macédoine du Nord": "MK", "Nordmazedonien": "MK", "Macedonia del Nord": "MK", "Macedonia del Norte": "MK",
	"Bosnia": "BA", "Bosnie": "BA", "Bosnien": "BA", "Bosnien und Herzegowina": "BA", "Bosnie-Herzégovine": "BA", "Bosnia and Herzegovina": "BA",
	"Russian Federation": "RU", "Fédération de Russie": "RU", "Russische Föderation": "RU", "Federazione Russa": "RU", "Federación de Rusia": "RU",
	"Belorussia": "BY", "Weißrussland": "BY", "Biélorussie": "BY", "Bielorussia": "BY", "Moldavia": "MD", "Moldau": "MD", "Moldavie": "MD",
	"Vatican": "VA", "Vatikan": "VA", "Vaticano": "VA", "Holy See": "VA", "Türkiye": "TR",
	"Ivory Coast": "CI", "Elfenbeinküste": "CI", "Costa d'Avorio": "CI", "Costa de Marfil": "CI", "Eswatini": "SZ", "Cabo Verde": "CV", "Kapverden": "CV",
	"Burma": "MM", "Birmanie": "MM", "Birma": "MM", "Birmania": "MM", "Myanmar": "MM", "East Timor": "TL",
	"Korea": "KR", "Republic of Korea": "KR", "Viet Nam": "VN", "Hong Kong": "HK", "Hongkong": "HK", "Macau": "MO", "Macao": "MO", "People's Republic of China": "CN", "Volksrepublik China": "CN",
	"Palestine": "PS", "Palästina": "PS", "Palestina": "PS", "Congo-Kinshasa": "CD", "DR Congo": "CD", "RDC": "CD", "Congo-Brazzaville": "CG",
	"UAE": "AE", "VAE": "AE", "Emirates": "AE", "Bahamas": "BS", "Gambia": "GM", "Philippines": "PH", "Corse": "FR", "XKX": "XK",
}

// countries are the codes of ISO 3166-1, and XK, which is in use for Kosovo.
var countries = sync.OnceValue(func() map[string]language.Region {
	m := map[string]language.Region{}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			r, err := language.ParseRegion(code)
			if err == nil && r.IsCountry() && r.Canonicalize() == r && !noCountries[code] {
				m[code] = r
			}
		}
	}
	return m
})

var countryNames = sync.OnceValue(func() *names {
	n := newNames()
	all := slices.Sorted(maps.Keys(countries()))
	for _, lang := range reason.Languages {
		namer := display.Regions(language.Make(lang))
		for _, code := range all {
			n.add(namer.Name(countries()[code]), code)
		}
	}
	for word, code := range countryWords {
		n.also(word, code)
	}
	for _, code := range all {
		n.also(umlauts.Replace(display.German.Regions().Name(countries()[code])), code)
	}
	for _, code := range all { // the name in the country's own language
		base, _ := language.Make("und-" + code).Base()
		if namer := display.Regions(language.Make(base.String())); namer != nil {
			n.also(namer.Name(countries()[code]), code)
		}
	}
	for _, code := range all {
		n.also(countries()[code].ISO3(), code)
	}
	return n.finish()
})

// plates are the letters that European post and cars use for countries, where
// they are no code.
var plates = map[string]string{"a": "AT", "b": "BE", "d": "DE", "e": "ES", "f": "FR", "fl": "LI", "h": "HU", "i": "IT", "l": "LU", "p": "PT", "s": "SE", "n": "NO", "irl": "IE"}

// Country reports whether a text is the code of a country, in any case.
func Country(code string) bool {
	_, ok := countries()[strings.ToUpper(code)]
	return ok
}

// Countries are the codes of all countries that a contact may have.
func Countries() []string { return slices.Sorted(maps.Keys(countries())) }

// Languages are the codes of all languages that a contact may have.
func Languages() []string { return slices.Sorted(maps.Keys(languages())) }

// countryCode reads a country: its ISO 3166-1 code of two or three letters in
// any case, the letter of its cars, or its name in one of five languages or its
// own. The answer is the code of two letters.
func countryCode(text string) (string, *field.Problem) {
	s := plain(text)
	upper := strings.ToUpper(s)
	if _, ok := countries()[upper]; ok {
		return upper, nil
	}
	n := countryNames()
	k := unpointed(s)
	if code, ok := n.codes[k]; ok {
		return code, nil
	}
	if codes := n.lost[k]; codes != nil {
		return "", no("ambiguousValue.name", text, codes)
	}
	code, ok := plates[k]
	if ok && len(k) == 1 { // which no code is
		return code, nil
	}
	if !ok {
		code, ok = n.near(k)
	}
	if ok {
		return "", no("unknownCountry.near", text, code, code)
	}
	return "", no("unknownCountry", text)
}
