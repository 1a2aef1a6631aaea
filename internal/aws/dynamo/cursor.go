package dynamo

import (
	"encoding/base64"
	"strings"

	"rollbook/internal/domain/fault"
)

// Cursors name the last sort key that a page showed, with the kind of list.
const cursorMark = "1:"

func cursor(list, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorMark + list + ":" + key))
}

// after returns the sort key that a cursor of the list names, "" for no cursor.
func after(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	key, ok := strings.CutPrefix(string(b), cursorMark+list+":")
	if err != nil || !ok || key == "" || len(key) > 1024 {
		return "", badCursor()
	}
	return key, nil
}

func badCursor() error {
	return fault.At("query.cursor", "cursorInvalid")
}

func pageSize(limit int) int {
	if limit <= 0 {
		return 50
	}
	return limit
}
