package dynamo

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"rollbook/internal/domain"
)

// Provenance is one string: time, import, person and proof, and the same four of
// what it was, without what is empty at the end. It is the most of an item, and an item over 1 KB costs
// twice: so the time is seconds and nanoseconds in base 36, and an import's
// UUID is 22 characters after a tilde. The separator is no character of theirs.
const provSep = "\x1f"

func provenance(p domain.Provenance) string {
	s := provenanceParts(p)
	if p.Was != nil {
		s += provSep + provenanceParts(*p.Was)
	}
	return strings.TrimRight(s, provSep)
}

func provenanceParts(p domain.Provenance) string {
	at := ""
	if !p.At.IsZero() {
		at = strconv.FormatInt(p.At.Unix(), 36)
		if n := p.At.Nanosecond(); n != 0 {
			at += "." + strconv.FormatInt(int64(n), 36)
		}
	}
	return at + provSep + pack(clean(p.Import)) + provSep + clean(string(p.By)) + provSep + clean(p.Proof)
}

// pack writes a UUID in 22 characters after a tilde, and anything else as it is.
func pack(s string) string {
	if id, err := uuid.Parse(s); err == nil && id.String() == s {
		return "~" + base64.RawURLEncoding.EncodeToString(id[:])
	}
	return s
}

func unpack(s string) string {
	if packed, ok := strings.CutPrefix(s, "~"); ok {
		if b, err := base64.RawURLEncoding.DecodeString(packed); err == nil && len(b) == len(uuid.UUID{}) {
			return uuid.UUID(b).String()
		}
	}
	return s
}

func clean(s string) string { return strings.ReplaceAll(s, provSep, " ") }

func readProvenance(s string) domain.Provenance {
	parts := strings.Split(s, provSep)
	p := readParts(parts[:min(len(parts), 4)])
	if len(parts) > 4 {
		was := readParts(parts[4:])
		p.Was = &was
	}
	return p
}

func readParts(parts []string) (p domain.Provenance) {
	parts = append(slices.Clone(parts), make([]string, max(0, 4-len(parts)))...)
	if parts[0] != "" {
		seconds, nanos, _ := strings.Cut(parts[0], ".")
		at, _ := strconv.ParseInt(seconds, 36, 64)
		n, _ := strconv.ParseInt(nanos, 36, 64)
		p.At = time.Unix(at, n).UTC()
	}
	p.Import, p.By, p.Proof = unpack(parts[1]), domain.Who(parts[2]), parts[3]
	return p
}
