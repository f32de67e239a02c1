# cmake -DROOT=config -DOUT=embedded_text.cpp "-DFILES=scenarios/bank.json;schema/…" -P embed.cmake
# Writes the files' contents as raw string literals.
set(content "#include \"config/embedded_text.hpp\"\n\nnamespace throng::config {\n\n")
string(APPEND content "const std::vector<embedded_text>& embedded_texts() {\n  static const std::vector<embedded_text> texts{\n")
foreach(file IN LISTS FILES)
  file(READ "${ROOT}/${file}" text)
  if(text MATCHES "\\)throng_file\"")
    message(FATAL_ERROR "${file} holds the delimiter of the literal that it becomes")
  endif()
  string(APPEND content "    {\"${file}\", R\"throng_file(${text})throng_file\"},\n")
endforeach()
string(APPEND content "  };\n  return texts;\n}\n\n} // namespace throng::config\n")
file(WRITE "${OUT}" "${content}")
