package field_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

func TestFromJSON(t *testing.T) {
	for _, c := range []struct {
		field, raw string
		want       domain.Value
		code, says string
	}{
		{"GENRE", `"ROCK"`, "ROCK", "", ""},
		{"GENRE", `"SWING"`, "SWING", "", ""}, // a contact may still have it
		{"GENRE", `null`, "", "", ""},
		{"GENRE", ``, "", "", ""},
		{"GENRE", `""`, "", "", ""},
		{"GENRE", `"rock"`, "", field.UnknownValue, "Did you mean ROCK?"},
		{"GENRE", `"Jazz"`, "", field.UnknownValue, "Did you mean JAZZ?"},
		{"GENRE", `"POLKA"`, "", field.UnknownValue, "Taken are"},
		{"GENRE", `["ROCK"]`, "", field.WrongType, "a string"},
		{"GENRE", `1`, "", field.WrongType, "a string"},
		{"STYLES", `["POP","ROCK","POP"]`, "ROCK|POP", "", ""},
		{"STYLES", `[]`, "", "", ""},
		{"STYLES", `null`, "", "", ""},
		{"STYLES", `"ROCK"`, "", field.WrongType, "a list"},
		{"STYLES", `["ROCK",1]`, "", field.WrongType, "a list"},
		{"STYLES", `["ROCK","POLKA"]`, "", field.UnknownValue, `"POLKA"`},
		{"STYLES", `["ROCK|JAZZ"]`, "", field.UnknownValue, "ROCK|JAZZ"},
		{"STYLES", `{"a":1}`, "", field.WrongType, "a list"},
		{"CLUB", `true`, "true", "", ""},
		{"CLUB", `false`, "false", "", ""},
		{"CLUB", `null`, "", "", ""},
		{"CLUB", `"true"`, "", field.WrongType, "true, false or null"},
		{"CLUB", `"empty"`, "", field.WrongType, "true, false or null"},
		{"EMAIL", `true`, "true", "", ""},
		{"EMAIL", `false`, "false", "", ""},
		{"EMAIL", `"empty"`, "", "", ""},
		{"EMAIL", `"Empty"`, "", field.WrongType, `true, false or "empty"`},
		{"EMAIL", `0`, "", field.WrongType, `true, false or "empty"`},
		{"NOTE", `" e\u0301 "`, "é", "", ""},
		{"NOTE", `"Empty"`, "Empty", "", ""},
		{"NOTE", `"\\Empty"`, `\Empty`, "", ""},
		{"NOTE", `"N/A"`, "N/A", "", ""},
		{"NOTE", `""`, "", "", ""},
		{"NOTE", `"a\nb"`, "", field.LineBreak, "character 2"},
		{"NOTE", `"a\ud800"`, "", field.BadCharacter, "Character 2"},
		{"NOTE", `"` + strings.Repeat("x", 251) + `"`, "", field.TextTooLong, "251"},
		{"NOTE", `5`, "", field.WrongType, "a string"},
		{"NOTE", `{`, "", field.WrongType, "not JSON"},
	} {
		got, p := field.FromJSON(json.RawMessage(c.raw), fields[c.field])
		code, said := "", ""
		if p != nil {
			code, said = string(p.Code), p.Message("en")
		}
		if code != c.code || p == nil && got != c.want || !strings.Contains(said, c.says) {
			t.Errorf("%s %s = %q, %s: %s; want %q, %s: %s", c.field, c.raw, got, code, said, c.want, c.code, c.says)
		}
	}
}

func TestToJSON(t *testing.T) {
	for _, c := range []struct {
		field string
		v     domain.Value
		want  any
	}{
		{"GENRE", "ROCK", "ROCK"},
		{"GENRE", "", nil},
		{"STYLES", "ROCK|POP", []string{"ROCK", "POP"}},
		{"STYLES", "", []string{}},
		{"CLUB", "true", true},
		{"CLUB", "false", false},
		{"CLUB", "", nil},
		{"EMAIL", "true", true},
		{"EMAIL", "false", false},
		{"EMAIL", "", "empty"},
		{"NOTE", "a|b", "a|b"},
		{"NOTE", "", nil},
	} {
		if diff := cmp.Diff(c.want, field.ToJSON(c.v, fields[c.field])); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", c.field, c.v, diff)
		}
	}
}

func TestNewlyRetired(t *testing.T) {
	for _, c := range []struct {
		field   string
		v, base domain.Value
		want    string
	}{
		{"GENRE", "SWING", "", "SWING"},
		{"GENRE", "SWING", "ROCK", "SWING"},
		{"GENRE", "SWING", "SWING", ""},
		{"GENRE", "ROCK", "SWING", ""},
		{"GENRE", "", "SWING", ""},
		{"STYLES", "ROCK|SWING", "ROCK", "SWING"},
		{"STYLES", "ROCK|SWING", "SWING", ""},
		{"NOTE", "SWING", "", ""},
	} {
		got, found := field.NewlyRetired(c.v, c.base, fields[c.field])
		if got != c.want || found != (c.want != "") {
			t.Errorf("%s: %q after %q: %q, %v, want %q", c.field, c.v, c.base, got, found, c.want)
		}
	}
}
