package domain

import (
	"path"
	"strings"
	"unicode"
)

// maxFileName is how much of a file's name is shown, in characters.
const maxFileName = 300

// FileName keeps of a file's name what can be shown: no folders, no control
// characters, none that turn the direction of writing. It is never a path.
func FileName(name string) string {
	name = strings.ToValidUTF8(name, "")
	if at := strings.LastIndexAny(name, `/\`); at >= 0 {
		name = name[at+1:]
	}
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, name))
	if strings.Trim(name, ".") == "" {
		return "upload"
	}
	r := []rune(name)
	if len(r) <= maxFileName {
		return name
	}
	ext := []rune(path.Ext(name))
	if len(ext) > 10 {
		ext = nil
	}
	return string(r[:maxFileName-len(ext)-1]) + "…" + string(ext)
}
