package local

import (
	"net"
	"strings"
	"testing"
)

func TestATakenPortIsToldInOneLine(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		t.Run(host, func(t *testing.T) {
			l, err := net.Listen("tcp", host+":0")
			if err != nil {
				if host == "[::1]" {
					return // a machine without IPv6 has no such port
				}
				t.Fatal(err)
			}
			defer l.Close()
			_, err = checkPort(l.Addr().(*net.TCPAddr).Port)
			if err == nil || !strings.Contains(err.Error(), "is taken: choose another with make run PORT=") || strings.Contains(err.Error(), "\n") {
				t.Errorf("said %v", err)
			}
		})
	}
}
