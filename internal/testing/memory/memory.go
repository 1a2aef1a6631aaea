// Package memory keeps everything Rollbook stores in memory, with the behaviour
// of the AWS adapters: both pass the suites of package storetest. All of it is
// safe for concurrent use; what goes in and comes out is copied.
package memory

import (
	"encoding/base64"
	"strings"

	"rollbook/internal/domain/fault"
)

// cursors name the last key that a page showed, with the kind of list.
const cursorMark = "1:"

func cursor(list, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorMark + list + ":" + key))
}

// after returns the key that a cursor of the list names, "" for no cursor.
func after(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	key, ok := strings.CutPrefix(string(b), cursorMark+list+":")
	if err != nil || !ok || key == "" {
		return "", fault.At("query.cursor", "cursorInvalid")
	}
	return key, nil
}

// page cuts the items that follow the cursor to the limit. keys are the items'
// keys in ascending order of the list.
func page[T any](items []T, key func(T) string, list, from string, limit int) ([]T, string, error) {
	last, err := after(list, from)
	if err != nil {
		return nil, "", err
	}
	if limit <= 0 {
		limit = 50
	}
	start := 0
	if last != "" {
		for start < len(items) && key(items[start]) <= last {
			start++
		}
	}
	items = items[start:]
	if len(items) <= limit {
		return items, "", nil
	}
	return items[:limit], cursor(list, key(items[limit-1])), nil
}
