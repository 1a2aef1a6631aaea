package cell_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/cell"
	"rollbook/internal/roll"
)

func TestFromJSON(t *testing.T) {
	for _, c := range []struct {
		field, raw string
		want       roll.Value
		code, says string
	}{
		{"GENRE", `"ROCK"`, "ROCK", "", ""},
		{"GENRE", `"SWING"`, "SWING", "", ""}, // a contact may still have it
		{"GENRE", `null`, "", "", ""},
		{"GENRE", ``, "", "", ""},
		{"GENRE", `""`, "", "", ""},
		{"GENRE", `"rock"`, "", cell.UnknownValue, "Did you mean ROCK?"},
		{"GENRE", `"Jazz"`, "", cell.UnknownValue, "Did you mean JAZZ?"},
		{"GENRE", `"POLKA"`, "", cell.UnknownValue, "Taken are"},
		{"GENRE", `["ROCK"]`, "", cell.WrongType, "a string"},
		{"GENRE", `1`, "", cell.WrongType, "a string"},
		{"STYLES", `["POP","ROCK","POP"]`, "ROCK|POP", "", ""},
		{"STYLES", `[]`, "", "", ""},
		{"STYLES", `null`, "", "", ""},
		{"STYLES", `"ROCK"`, "", cell.WrongType, "a list"},
		{"STYLES", `["ROCK",1]`, "", cell.WrongType, "a list"},
		{"STYLES", `["ROCK","POLKA"]`, "", cell.UnknownValue, `"POLKA"`},
		{"STYLES", `["ROCK|JAZZ"]`, "", cell.UnknownValue, "ROCK|JAZZ"},
		{"STYLES", `{"a":1}`, "", cell.WrongType, "a list"},
		{"CLUB", `true`, "true", "", ""},
		{"CLUB", `false`, "false", "", ""},
		{"CLUB", `null`, "", "", ""},
		{"CLUB", `"true"`, "", cell.WrongType, "true, false or null"},
		{"CLUB", `"empty"`, "", cell.WrongType, "true, false or null"},
		{"EMAIL", `true`, "true", "", ""},
		{"EMAIL", `false`, "false", "", ""},
		{"EMAIL", `"empty"`, "", "", ""},
		{"EMAIL", `"Empty"`, "", cell.WrongType, `true, false or "empty"`},
		{"EMAIL", `0`, "", cell.WrongType, `true, false or "empty"`},
		{"NOTE", `" e\u0301 "`, "é", "", ""},
		{"NOTE", `"Empty"`, "Empty", "", ""},
		{"NOTE", `"\\Empty"`, `\Empty`, "", ""},
		{"NOTE", `"N/A"`, "N/A", "", ""},
		{"NOTE", `""`, "", "", ""},
		{"NOTE", `"a\nb"`, "", cell.LineBreak, "character 2"},
		{"NOTE", `"a\ud800"`, "", cell.BadCharacter, "Character 2"},
		{"NOTE", `"` + strings.Repeat("x", 251) + `"`, "", cell.TextTooLong, "251"},
		{"NOTE", `5`, "", cell.WrongType, "a string"},
		{"NOTE", `{`, "", cell.WrongType, "not JSON"},
	} {
		got, p := cell.FromJSON(json.RawMessage(c.raw), fields[c.field])
		code, said := "", ""
		if p != nil {
			code, said = p.Code, p.Message
		}
		if code != c.code || p == nil && got != c.want || !strings.Contains(said, c.says) {
			t.Errorf("%s %s = %q, %s: %s; want %q, %s: %s", c.field, c.raw, got, code, said, c.want, c.code, c.says)
		}
	}
}

func TestToJSON(t *testing.T) {
	for _, c := range []struct {
		field string
		v     roll.Value
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
		if diff := cmp.Diff(c.want, cell.ToJSON(c.v, fields[c.field])); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", c.field, c.v, diff)
		}
	}
}

func TestNewlyRetired(t *testing.T) {
	for _, c := range []struct {
		field   string
		v, base roll.Value
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
		got, found := cell.NewlyRetired(c.v, c.base, fields[c.field])
		if got != c.want || found != (c.want != "") {
			t.Errorf("%s: %q after %q: %q, %v, want %q", c.field, c.v, c.base, got, found, c.want)
		}
	}
}
