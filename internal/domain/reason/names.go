package reason

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

var dictionaries = map[string]*display.Dictionary{
	"en": display.English, "fr": display.French, "de": display.German, "it": display.Italian, "es": display.Spanish,
}

// LanguageName returns the name of the language of a code, the code if it has none.
func LanguageName(lang, code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return code
	}
	if name := dictionaries[langOf(lang)].Languages().Name(tag); name != "" {
		return name
	}
	return code
}

// CountryName returns the name of the country of a code, the code if it has none.
func CountryName(lang, code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := dictionaries[langOf(lang)].Regions().Name(region); name != "" {
		return name
	}
	return code
}
