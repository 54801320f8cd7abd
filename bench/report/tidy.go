package report

import "reflect"

// tidy takes what cannot be seen, control characters above all, out of every text of a report that
// was read: encoding/json writes DEL and the C1 controls as they are, and terminals obey them.
func tidy(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			tidy(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() { // time.Time has none
				tidy(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			tidy(v.Index(i))
		}
	case reflect.Map:
		tidyMap(v)
	case reflect.String:
		v.SetString(printable(v.String()))
	}
}

// tidyMap knows the reasons of errors: numbers by text. Two that look alike become one.
func tidyMap(v reflect.Value) {
	m, ok := v.Interface().(map[string]uint64)
	if !ok {
		return
	}
	for key, n := range m {
		if clean := printable(key); clean != key {
			delete(m, key)
			m[clean] += n
		}
	}
}
