"""What each section of the report shows, made ready for its template: numbers as text, scales, links."""
